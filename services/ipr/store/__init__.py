"""Every SELECT and every lock of ipr; rows of another tenant are as absent as rows that never were."""
