"""HTTP manners shared by every service: problems, principals, acts, views, listings and health."""
