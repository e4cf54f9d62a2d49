// OPA, embedded: `peer-opa answers|time FIXTURE [SECONDS]`, see ../README.md.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

type fixture struct {
	Policies string            `json:"policies"`
	Requests []json.RawMessage `json:"requests"`
}

type cost struct {
	WallNs float64 `json:"wall_ns"`
	CPUNs  float64 `json:"cpu_ns"`
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer-opa:", err)
		os.Exit(1)
	}
}

func prepare(module, query string) rego.PreparedEvalQuery {
	prepared, err := rego.New(rego.Query(query), rego.Module("ram.rego", module)).PrepareForEval(context.Background())
	check(err)
	return prepared
}

func parse(request []byte) ast.Value {
	value, err := ast.ValueFromReader(bytes.NewReader(request))
	check(err)
	return value
}

func evaluate(query *rego.PreparedEvalQuery, input ast.Value) any {
	results, err := query.Eval(context.Background(), rego.EvalParsedInput(input))
	check(err)
	if len(results) != 1 || len(results[0].Expressions) != 1 {
		check(fmt.Errorf("%d results, expected one", len(results)))
	}
	return results[0].Expressions[0].Value
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// Passes over all requests until they took `seconds` of processor time.
func passes[T any](requests []T, once func(T), seconds float64) cost {
	begin, cpu := time.Now(), cpuTime()
	for count := 0.0; ; {
		for _, request := range requests {
			once(request)
		}
		count += float64(len(requests))
		if used := cpuTime() - cpu; used.Seconds() >= seconds {
			return cost{float64(time.Since(begin).Nanoseconds()) / count, float64(used.Nanoseconds()) / count}
		}
	}
}

func measure[T any](requests []T, once func(T), seconds float64) cost {
	passes(requests, once, 2*seconds)
	return passes(requests, once, seconds)
}

func main() {
	runtime.GOMAXPROCS(1)
	text, err := os.ReadFile(os.Args[2])
	check(err)
	var given fixture
	check(json.Unmarshal(text, &given))
	outcome := prepare(given.Policies, "data.ram.outcome")
	decision := prepare(given.Policies, "data.ram.decision")
	inputs := make([]ast.Value, 0, len(given.Requests))
	for _, request := range given.Requests {
		inputs = append(inputs, parse(request))
	}

	if os.Args[1] == "answers" {
		answers := make([]any, 0, len(inputs))
		for _, input := range inputs {
			answer := evaluate(&decision, input).(map[string]any)
			if bare := evaluate(&outcome, input); bare != answer["decision"] {
				check(fmt.Errorf("outcome %v, decision %v", bare, answer["decision"]))
			}
			answers = append(answers, answer)
		}
		check(json.NewEncoder(os.Stdout).Encode(answers))
		return
	}
	seconds, err := strconv.ParseFloat(os.Args[3], 64)
	check(err)
	length := 0
	parsed := measure(inputs, func(input ast.Value) { length += len(evaluate(&outcome, input).(string)) }, seconds)
	fromJSON := measure(given.Requests, func(request json.RawMessage) {
		answer, err := json.Marshal(evaluate(&decision, parse(request)))
		check(err)
		length += len(answer)
	}, seconds)
	if length == 0 {
		check(fmt.Errorf("nothing was answered"))
	}
	check(json.NewEncoder(os.Stdout).Encode(map[string]cost{"parsed": parsed, "json": fromJSON}))
}
