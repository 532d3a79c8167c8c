"""The measured table: this suite beside its floors and peers, as ratios (`make bench`)."""
