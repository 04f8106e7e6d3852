"""What a store sells: products, prices, and one figure of stock for till and web."""
