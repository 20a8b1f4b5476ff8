"""The commands of `cfvgg`, a module each, imported only when it is called."""
