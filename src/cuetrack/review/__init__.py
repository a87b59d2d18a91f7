"""The review app: a local web page on which people watch, judge and note; nothing leaves this computer."""
