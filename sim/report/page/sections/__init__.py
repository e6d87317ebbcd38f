"""The sections of the pages, one file each: facts in, headings and blocks out; nothing here knows HTML."""
