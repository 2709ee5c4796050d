package main

import (
	"strings"
	"testing"

	"imgpipe/netpipe"
)

func TestAbout(t *testing.T) {
	for _, test := range []struct{ command, env, want string }{
		{"imggray", "", "imggray"},
		{"/usr/local/bin/imggray -worker", "", "imggray"},
		{"imgscale", "", "imgscale 50%"},
		{"imgscale -factor 25% -worker", "", "imgscale 25%"},
		{"imgscale --factor=0.25 -quality 80", "", "imgscale 0.25, quality 80"},
		{"imgscale -size 800x600 -fill -strip", "", "imgscale 800x600, cropped, without metadata"},
		{"imgscale -size 800x -upright=false", "", "imgscale 800x"},
		{"imgscale -factor 25% -factor 10%", "", "imgscale 10%"},
		{"imgscale -quality 80 -format webp", "", "imgscale 50%, as webp, quality 80"},
		{"imgscale", "IMGPIPE_FACTOR=25% IMGPIPE_STRIP=true", "imgscale 25%, without metadata"},
		{"imgscale -size 800x", "IMGPIPE_FACTOR=25% IMGPIPE_QUALITY=80", "imgscale 800x, quality 80"},
		{"imgscale -strip=false", "IMGPIPE_STRIP=true", "imgscale 50%"},
		{"imggray", "IMGPIPE_FACTOR=25% IMGPIPE_FORMAT=png", "imggray as png"},
		{"imggray -o /srv/secret -sandbox off", "", "imggray"},
		{"convert - -authenticate hunter2 jpg:-", "IMGPIPE_STRIP=true", "convert"},
		{"/opt/imgwater -factor 3 -token hunter2", "", "imgwater"},
		{"imggray -worker + /bin/imgscale -factor 25% -worker", "IMGPIPE_QUALITY=80", "imggray quality 80 → imgscale 25%, quality 80"},
		{"env PASSWORD=hunter2 imgscale -size 10x", "", "env"},
	} {
		env := map[string]string{}
		for _, variable := range strings.Fields(test.env) {
			name, value, _ := strings.Cut(variable, "=")
			env[name] = value
		}
		programs, err := netpipe.Programs(strings.Split(test.command, " "))
		if err != nil {
			t.Fatal(err)
		}
		if got := about(programs, func(name string) string { return env[name] }); got != test.want {
			t.Errorf("%s %s: want %q, got %q", test.env, test.command, test.want, got)
		}
	}
}
