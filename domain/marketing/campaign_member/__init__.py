"""Campaign members: the customers and leads in a campaign, with their touches and conversions."""
