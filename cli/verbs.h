#pragma once
// The verbs' entry points, one file each. Each returns the exit status and has said on stderr why it is 2.

#include "cli/environment.h"
#include "cli/options.h"

namespace imagewarden::cli {

int run_check(const Options& options, Environment& environment);
int run_explain(const Options& options, Environment& environment);
int run_plan(const Options& options, Environment& environment);
int run_plan_verify(const Options& options, Environment& environment);
int run_plan_script(const Options& options, Environment& environment);
int run_report(const Options& options, Environment& environment);
int run_inventory_summary(const Options& options, Environment& environment);
int run_inventory_validate(const Options& options, Environment& environment);
int run_policy_simulate(const Options& options, Environment& environment);
int run_policy_test(const Options& options, Environment& environment);
int run_policy_lint(const Options& options, Environment& environment);
int run_policy_who_can(const Options& options, Environment& environment);
int run_policy_diff(const Options& options, Environment& environment);
int run_rules_list(const Options& options, Environment& environment);
int run_rules_show(const Options& options, Environment& environment);
int run_rules_validate(const Options& options, Environment& environment);
int run_rules_errors(const Options& options, Environment& environment);
int run_audit_init(const Options& options, Environment& environment);
int run_audit_list(const Options& options, Environment& environment);
int run_audit_show(const Options& options, Environment& environment);
int run_audit_stats(const Options& options, Environment& environment);
int run_audit_verify(const Options& options, Environment& environment);
int run_audit_replay(const Options& options, Environment& environment);
int run_audit_checkpoint(const Options& options, Environment& environment);
int run_audit_prove(const Options& options, Environment& environment);
int run_audit_consistency(const Options& options, Environment& environment);
int run_audit_export(const Options& options, Environment& environment);
int run_audit_redact(const Options& options, Environment& environment);
int run_audit_rotate(const Options& options, Environment& environment);
int run_config(const Options& options, Environment& environment);
int run_completion(const Options& options, Environment& environment);
int run_man(const Options& options, Environment& environment);

// What a verification does not promise; also part of `audit verify --help`.
std::string_view verify_not_promised(bool anchored);

}  // namespace imagewarden::cli
