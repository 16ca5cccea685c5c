"""Tags images and documents with what Veritag finds in them."""
