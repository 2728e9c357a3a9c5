"""The revisions, each a module that is never changed once somebody's database has been through it."""
