"""Points that are not for a purchase: a welcome, a birthday, a friend brought along."""
