"""Campaign members: who is reached by a campaign, what was sent to them, and what came of it."""
