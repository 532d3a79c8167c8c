"""How the suite is started: bootstrap, embedded servers, supervisor."""
