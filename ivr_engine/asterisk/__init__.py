"""Asterisk: the AMI link, the FastAGI server and the translation of their words; nobody else knows them."""
