"""Where networks and vendors knock: taken at once, understood afterwards."""
