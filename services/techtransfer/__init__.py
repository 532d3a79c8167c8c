"""techtransfer — owns achievements and needs. Publishes techtransfer.>. Reacts to registry (parties)."""
