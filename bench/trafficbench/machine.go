package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path"
	"runtime"
	"slices"
	"strings"
)

// describe says on what machine, with which programs and how often was measured.
func describe(ctx context.Context, a arena, selected []figure, s settings) string {
	var versions []string
	for _, f := range selected {
		for _, t := range f.tools {
			if program, there := a.program(t.from); there && t.from != "self" {
				versions = append(versions, t.from+" "+version(ctx, program))
			}
		}
	}
	slices.Sort(versions)
	kind := "machine"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil && bytes.Contains(info, []byte(" hypervisor")) {
		kind = "virtual machine"
	}
	how := "sender and target pinned to a core each"
	if _, err := exec.LookPath("taskset"); err != nil {
		how = "nothing pinned to a core, since taskset is not there"
	} else if runtime.NumCPU() < 2 {
		how = "sender and target on one core, since there is one only"
	}
	return fmt.Sprintf("%d rounds on a %s of %d cores (%s/%s), %s; %s; %s.", s.rounds, kind, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH,
		how, runtime.Version(), strings.Join(slices.Compact(versions), ", "))
}

// version is that of a program: of its module if it is made of Go, or as it says.
func version(ctx context.Context, program string) string {
	if info, err := buildinfo.ReadFile(program); err == nil && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	// wrk says its version and exits as if that were wrong.
	out, _ := exec.CommandContext(ctx, program, "--version").CombinedOutput()
	fields := strings.Fields(strings.TrimPrefix(string(out), path.Base(program)))
	if len(fields) == 0 {
		return "of unknown version"
	}
	return fields[0]
}
