"""The equations of the crust: elastic and anelastic waves, the free surface, absorbing layers."""
