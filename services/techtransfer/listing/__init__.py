"""techtransfer/listing — achievements and needs: posted, reviewed, published, and the parties that post them."""
