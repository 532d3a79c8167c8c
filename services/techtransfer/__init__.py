"""techtransfer — owns achievements and needs. Publishes techtransfer.listing.changed. Reacts to registry (parties)."""
