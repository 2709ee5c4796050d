package netpipe

import (
	"embed"
	"encoding/json"
	"net/http"
	"path"
	"path/filepath"
	"strings"
)

//go:embed page
var pages embed.FS

// pageFiles are the files of the page for browsers, by their paths.
var pageFiles = listPage()

func listPage() map[string]string {
	files := map[string]string{"/": "page/page.html"}
	entries, _ := pages.ReadDir("page") // embedded: never fails
	for _, entry := range entries {
		if ext := path.Ext(entry.Name()); ext == ".js" || ext == ".css" {
			files["/"+entry.Name()] = "page/" + entry.Name()
		}
	}
	return files
}

// aboutPath is where the page finds out what it is in front of.
const aboutPath = "/about"

// serveAbout says what the page shows and needs to know.
func (s *Server) serveAbout(rw http.ResponseWriter) {
	does := s.About
	if does == "" {
		programs, _ := Programs(s.Filter)
		var names []string
		for _, argv := range programs {
			names = append(names, filepath.Base(argv[0]))
		}
		does = strings.Join(names, " → ")
	}
	rw.Header().Set("Cache-Control", "no-store")
	rw.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(rw).Encode(struct {
		Does     string `json:"does"`
		Next     bool   `json:"next"`     // another server goes on with it
		Token    bool   `json:"token"`    // a POST has to show one
		MaxInput int64  `json:"maxInput"` // bytes; 0: no limit
	}{does, len(s.Next) > 0, s.Tokens != nil, s.MaxInput})
}
