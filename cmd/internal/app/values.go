package app

import (
	"errors"
	"strconv"
	"time"
)

// Count defines an option with a whole number that is not negative.
func Count(name string, to *int, usage string) *Flag {
	return &Flag{Name: name, Value: (*count)(to), Usage: usage}
}

// Time defines an option with a duration that is not negative.
func Time(name string, to *time.Duration, usage string) *Flag {
	return &Flag{Name: name, Value: (*span)(to), Usage: usage}
}

// Size defines an option with a number of bytes that is not negative.
func Size(name string, to *int64, usage string) *Flag {
	return &Flag{Name: name, Value: (*Bytes)(to), Usage: usage}
}

// PerMachine says how the default of an option depends on the machine: "2 per core".
func PerMachine(text string, f *Flag) *Flag {
	f.Default = text
	return f
}

var errNegative = errors.New("below 0")

// A count is the value of an option: a whole number that is not negative.
type count int

func (c *count) String() string { return strconv.Itoa(int(*c)) }

func (c *count) Set(s string) error {
	n, err := strconv.Atoi(s)
	switch {
	case err != nil:
		return errors.New("not a whole number")
	case n < 0:
		return errNegative
	}
	*c = count(n)
	return nil
}

// A span is the value of an option: a duration that is not negative.
type span time.Duration

func (t *span) String() string { return time.Duration(*t).String() }

func (t *span) Set(s string) error {
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return errors.New("not a time, such as 30s, 250ms or 2m")
	case d < 0:
		return errNegative
	}
	*t = span(d)
	return nil
}
