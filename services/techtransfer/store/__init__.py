"""Every SELECT and every lock of techtransfer."""
