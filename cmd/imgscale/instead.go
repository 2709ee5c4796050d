package main

import (
	"cmp"
	"fmt"
	"strings"

	"imgpipe/filters"
)

// instead returns what to type for an option, and its value, that other programs have; or
// for an operand, whose name is empty. It returns "" for what it does not know.
func instead(name, value string) string {
	switch name {
	case "":
		return sizeOption(value)
	case "w", "width":
		return "-size " + cmp.Or(number(value), "800") + "x"
	case "h", "height":
		return "-size x" + cmp.Or(number(value), "600")
	case "resize", "thumbnail", "geometry", "scale", "sample", "s", "z", "dimensions", "percent", "p", "ratio":
		return cmp.Or(sizeOption(value), "-size 800x600 or -factor 50%")
	case "crop", "extent", "smartcrop", "m", "cover":
		return "-size 800x600 -fill"
	case "grayscale", "greyscale", "grey", "colorspace", "colourspace":
		return "-gray"
	case "filter", "interpolate", "interpolator":
		return "-kernel K"
	}
	return ""
}

// number returns text if it is a number of pixels; otherwise "".
func number(text string) string {
	if strings.Trim(text, "0123456789") != "" {
		return ""
	}
	return text
}

// sizeOption returns the option for a size or a factor; "" if text is neither.
func sizeOption(text string) string {
	if _, err := filters.ParseSize(strings.TrimSuffix(text, ">")); err == nil {
		if strings.ContainsAny(text, "!^>") { // which a shell may take for its own
			text = "'" + text + "'"
		}
		return "-size " + text
	}
	if _, err := filters.ParseFactor(text); err == nil {
		return "-factor " + text
	}
	return ""
}

// meantFactor returns the error of a size that is a factor; otherwise err.
func meantFactor(size string, err error) error {
	if _, not := filters.ParseFactor(size); not == nil {
		return fmt.Errorf("-size %s is a factor; did you mean -factor %[1]s?", size)
	}
	return err
}

// meantSize returns the error of a factor that is a size; otherwise err.
func meantSize(factor string, err error) error {
	if _, not := filters.ParseSize(factor); not == nil {
		return fmt.Errorf("-factor %s is a size; did you mean -size %[1]s?", factor)
	}
	return err
}
