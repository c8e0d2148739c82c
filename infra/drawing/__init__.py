"""Pictures of reports by matplotlib, which the extra `drawing` installs. Only a command that draws imports this."""
