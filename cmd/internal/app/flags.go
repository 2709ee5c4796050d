package app

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// A Flag is one option of a program, for urfave/cli. cli's own flag types match a
// regular expression each time they are asked for their names, which costs a
// filter's start several page faults.
type Flag struct {
	Name  string
	Alias string // another name, or ""
	Old   string // the name in earlier versions, which is accepted but not listed, or ""

	// Usage is what -help says of the option. A word in backquotes is the
	// placeholder of its value; an option without one is a switch.
	Usage string

	Value flag.Value

	// Default is what the manual page says of a default that depends on the machine,
	// such as "2 per core"; "" if it is the same on all.
	Default string

	env     string // the environment variable; "" if there is none
	oldEnv  string // that of Old, which counts if env is not set
	initial string // the default, as -help prints it
	isSet   bool   // by the environment
	guards  bool   // an empty variable is an error
	typed   bool   // on the command line
	envErr  error  // of the value in the environment
}

var _ cli.VisibleFlag = (*Flag)(nil)

// Names returns the name, the alias, and the old name.
func (f *Flag) Names() []string {
	if f.Old != "" {
		return append(f.listed(), f.Old)
	}
	return f.listed()
}

// listed returns the names that -help and the manual page have.
func (f *Flag) listed() []string {
	if f.Alias == "" {
		return []string{f.Name}
	}
	return []string{f.Name, f.Alias}
}

// IsSet reports whether the environment sets the flag. For the command line, cli
// asks package flag.
func (f *Flag) IsSet() bool { return f.isSet }

// IsVisible reports that -help names the flag.
func (f *Flag) IsVisible() bool { return true }

// Apply sets the flag from the environment and defines it for package flag. The
// values of a list are separated by white space in the environment. A wrong value there
// is an error only if the command line does not set the flag.
func (f *Flag) Apply(set *flag.FlagSet) error {
	if env, text, found := f.environment(); found {
		values := []string{text}
		list, isList := f.Value.(*List)
		if isList {
			values = strings.Fields(text)
		}
		for _, v := range values {
			if err := f.Value.Set(v); err != nil {
				f.envErr = fmt.Errorf("invalid value %q of $%s: %w", v, env, err)
			}
		}
		if isList {
			list.replaced = false
		}
		f.isSet = true
	}
	for _, name := range f.Names() {
		set.Var(f.Value, name, f.Usage)
	}
	return nil
}

// environment returns the variable that sets the flag, and its value. An empty variable sets
// none, except that of a Guard.
func (f *Flag) environment() (env, text string, found bool) {
	for _, env := range []string{f.env, f.oldEnv} {
		if text, found := os.LookupEnv(env); found && env != "" && (text != "" || f.guards) {
			return env, text, true
		}
	}
	return "", "", false
}

// Renamed has an option accepted under the name that it had in earlier versions, too.
func Renamed(old string, f *Flag) *Flag {
	f.Old = old
	return f
}

// String defines an option with a text.
func String(name string, to *string, usage string) *Flag {
	return &Flag{Name: name, Value: (*stringValue)(to), Usage: usage}
}

// Guard defines an option with the name of a file that says who may use a server. An empty
// variable is an error, too: it may come of a variable that is not set, and the server would let
// in all.
func Guard(name string, to *string, usage string) *Flag {
	f := File(name, to, usage)
	f.guards = true
	return f
}

// File defines an option with the name of a file. An empty name is an error: the value of
// -tls-key "$KEY" is empty where a script does not set that variable.
func File(name string, to *string, usage string) *Flag {
	return &Flag{Name: name, Value: (*fileValue)(to), Usage: usage}
}

// Switch defines an option without a value.
func Switch(name string, to *bool, usage string) *Flag {
	return &Flag{Name: name, Value: (*switchValue)(to), Usage: usage}
}

type stringValue string

func (v *stringValue) Set(text string) error { *v = stringValue(text); return nil }
func (v *stringValue) String() string        { return string(*v) }

type fileValue string

func (v *fileValue) String() string { return string(*v) }

func (v *fileValue) Set(text string) error {
	if text == "" {
		return errors.New("want the name of a file")
	}
	*v = fileValue(text)
	return nil
}

type switchValue bool

func (v *switchValue) String() string   { return strconv.FormatBool(bool(*v)) }
func (v *switchValue) IsBoolFlag() bool { return true }

func (v *switchValue) Set(text string) error {
	b, err := strconv.ParseBool(text)
	if err != nil {
		return fmt.Errorf("want true or false")
	}
	*v = switchValue(b)
	return nil
}

// A List is the value of an option that may be repeated. The first value on the
// command line replaces the default, or the values of the environment.
type List struct {
	Default string // as -help prints it
	Clear   func()
	Add     func(text string) error

	replaced bool
}

func (l *List) String() string { return l.Default }

// Set adds one value.
func (l *List) Set(text string) error {
	if !l.replaced {
		l.replaced = true
		l.Clear()
	}
	return l.Add(text)
}

// prepare notes the flags' defaults, and lets every flag be set by an environment
// variable too: the prefix, an underscore, and the flag's name in capitals.
func prepare(prefix string, flags []*Flag) {
	for _, f := range flags {
		f.initial = f.Value.String()
		f.env = variable(prefix, f.Name)
		if f.Old != "" {
			f.oldEnv = variable(prefix, f.Old)
		}
	}
}

// variable returns the name of the environment variable of an option.
func variable(prefix, name string) string {
	return prefix + "_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// find returns the flag that an argument such as -name or --name=value names, and
// whether the next argument is the flag's value; nil if it names none of flags.
func find(arg string, flags []*Flag) (f *Flag, valueFollows bool) {
	name, _, hasValue := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f, !hasValue && !isSwitch(f)
		}
	}
	return nil, false
}

func isSwitch(f *Flag) bool {
	_, is := f.Value.(*switchValue)
	return is
}

// leading returns the number of arguments before the first operand or "--", and
// calls each with every option there; f is nil for an option that is none of
// flags. The number is len(args)+1 if the last option lacks its value.
func leading(args []string, flags []*Flag, each func(arg string, f *Flag)) (n int) {
	for i := 0; i < len(args); i++ {
		if args[i] == "--" || args[i] == "-" || !strings.HasPrefix(args[i], "-") {
			return i
		}
		f, valueFollows := find(args[i], flags)
		each(args[i], f)
		if valueFollows {
			i++
		}
		n = i + 1
	}
	return n
}

// Has reports whether one of the options before the first operand is called name.
// The flags say which options take a value.
func Has(args []string, name string, flags []*Flag) (has bool) {
	leading(args, flags, func(_ string, f *Flag) { has = has || f != nil && f.Name == name })
	return has
}

// optionsFirst returns args with every option before the first operand, where
// package flag, which cli uses, looks for options.
func optionsFirst(args []string, flags []*Flag) []string {
	var options, operands []string
	for len(args) > 0 {
		n := leading(args, flags, func(string, *Flag) {})
		if n > len(args) { // the last option lacks its value, which package flag reports
			return append(options, args...)
		}
		options, args = append(options, args[:n]...), args[n:]
		if len(args) > 0 && args[0] == "--" {
			operands, args = append(operands, args[1:]...), nil
		} else if len(args) > 0 {
			operands, args = append(operands, args[0]), args[1:]
		}
	}
	if operands == nil {
		return options
	}
	return append(append(options, "--"), operands...)
}

// checkNames notes which flags the command line sets, and returns a usage error for
// the first option before the first operand that is none of flags. The error says
// where the option belongs, what is typed for it here, or which option has a like name.
// Typed is args in the order in which they were typed, where an unknown option stands before
// its value.
func (p Program) checkNames(args, typed []string, flags []*Flag) (err error) {
	leading(args, flags, func(arg string, f *Flag) {
		name, value, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if i := slices.Index(typed, arg); !hasValue && i+1 < len(typed) {
			value = typed[i+1]
		}
		switch other, _ := find(arg, p.Other.Flags); {
		case err != nil:
		case f != nil:
			f.typed = true
			if meant := p.instead("h", value); arg == "-h" && isNumber(value) && meant != "" {
				err = Usagef("-h is -help; did you mean %s?", meant)
			}
		case other != nil:
			err = Usagef("-%s %s", name, p.Other.Why)
		default:
			err = p.unknown(name, value, flags)
		}
	})
	return err
}

func isNumber(text string) bool {
	_, err := strconv.Atoi(text)
	return err == nil
}

func cliFlags(flags []*Flag) []cli.Flag {
	all := make([]cli.Flag, len(flags))
	for i, f := range flags {
		all[i] = f
	}
	return all
}
