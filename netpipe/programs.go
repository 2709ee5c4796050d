package netpipe

// join stands between the programs of a filter.
const join = "+"

// Programs returns the programs of a filter, each with its arguments. Several programs are
// separated by an argument "+"; the output of each is the input of the next. If one is
// missing or has no name, the error is ErrNoProgram. A program is looked for in PATH and
// beside this program.
//
// A program that needs an argument "+" of its own can be called by a shell.
func Programs(filter []string) ([][]string, error) {
	programs := [][]string{nil}
	for _, arg := range filter {
		if arg == join {
			programs = append(programs, nil)
			continue
		}
		last := &programs[len(programs)-1]
		*last = append(*last, arg)
	}
	for _, argv := range programs {
		if len(argv) == 0 || argv[0] == "" {
			return nil, ErrNoProgram
		}
	}
	return programs, nil
}
