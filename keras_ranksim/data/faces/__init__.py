"""AgeDB-DIR and IMDB-WIKI-DIR: faces and ages."""
