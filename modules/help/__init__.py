"""Help inside the screens: what each part is for, in a few sentences, and what is new. Reads no record."""
