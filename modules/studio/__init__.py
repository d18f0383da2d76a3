"""Studio: where admins change the schema by forms. Everything collects in a draft, is reviewed, and only then published."""
