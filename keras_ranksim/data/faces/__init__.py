"""AgeDB-DIR, IMDB-WIKI-DIR and UTKFace: faces and ages."""
