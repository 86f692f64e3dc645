"""A model of Asterisk in virtual time: it reads the project's own dialplan contexts and speaks Asterisk's words."""
