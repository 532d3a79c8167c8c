"""The web shelf: service skeleton, edge, problem documents, token check, paging, exports and offline docs."""
