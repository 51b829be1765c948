-- Which text of the stable views is in place?
SELECT digest FROM schema_views;
