"""Every SELECT and every lock of finance."""
