"""Where things live on disk, how they are written whole or not at all, and how they know what made them."""
