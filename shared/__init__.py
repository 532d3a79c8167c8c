"""The toolbox of the suite: it knows no business, and the services know only it."""
