// One npm engine: `node peer.mjs ENGINE answers|time FIXTURE [SECONDS]` with ENGINE iam-simulate, cedar-wasm or casbin.
// `answers` prints [{decision, statements}], with `some` instead of `statements` where an engine does not name all that
// decided; `time` prints the cost of one decision, request parsed and JSON in to JSON with explanation out.

import { readFileSync } from 'node:fs';

// Each engine is loaded by its own import, so that the others cost nothing.
const engines = {
  'iam-simulate': async ({ policies, requests }) => {
    const { runSimulation } = await import('@cloud-copilot/iam-simulate');
    const { createValidatedPolicy, validateIdentityPolicy } = await import('@cloud-copilot/iam-policy');
    // Validated once: it does so for every request otherwise.
    const identityPolicies = policies.map(({ name, policy }) => ({
      name,
      policy: createValidatedPolicy(policy, validateIdentityPolicy, {}),
    }));
    const simulation = (request) => ({
      request,
      identityPolicies,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    });
    const run = async (request) => {
      const out = await runSimulation(simulation(request), { simulationMode: 'Strict' });
      if (out.resultType !== 'single') throw new Error(`iam-simulate: ${JSON.stringify(out.errors)}`);
      return out;
    };
    const decisions = {
      Allowed: 'allow',
      ExplicitlyDenied: 'explicit-deny',
      ImplicitlyDenied: 'implicit-deny',
    };
    const answer = async (request) => {
      const { overallResult, result } = await run(request);
      const { allowStatements, denyStatements } = result.analysis.identityAnalysis;
      const deciding = { Allowed: allowStatements, ExplicitlyDenied: denyStatements, ImplicitlyDenied: [] };
      const statements = deciding[overallResult].map((found) => Number(found.explain.identifier.slice(1)));
      return { decision: decisions[overallResult], statements };
    };
    return { requests, decide: async (request) => (await run(request)).overallResult, answer };
  },

  'cedar-wasm': async ({ policies, requests }) => {
    const cedar = await import('@cedar-policy/cedar-wasm/nodejs');
    const parsed = cedar.preparsePolicySet('peers', { staticPolicies: policies });
    if (parsed.type !== 'success') throw new Error(`cedar-wasm: ${JSON.stringify(parsed.errors).slice(0, 500)}`);
    const run = (request) => {
      const out = cedar.statefulIsAuthorized({
        ...request,
        preparsedPolicySetId: 'peers',
        validateRequest: false,
        entities: [],
      });
      if (out.type !== 'success' || out.response.diagnostics.errors.length > 0) {
        throw new Error(`cedar-wasm: ${JSON.stringify(out).slice(0, 500)}`);
      }
      return out.response;
    };
    const answer = (request) => {
      const { decision, diagnostics } = run(request);
      const statements = diagnostics.reason.map((id) => Number(id.replace('policy', ''))).sort((a, b) => a - b);
      const denied = statements.length > 0 ? 'explicit-deny' : 'implicit-deny';
      return { decision: decision === 'allow' ? 'allow' : denied, statements };
    };
    return { requests, decide: (request) => run(request).decision, answer };
  },

  casbin: async ({ model, policies, requests }) => {
    const { newEnforcer, newModelFromString } = await import('casbin');
    const enforcer = await newEnforcer(newModelFromString(model));
    const regexes = new Map();
    const regex = (pattern) => {
      if (!regexes.has(pattern)) regexes.set(pattern, new RegExp(pattern, 's'));
      return regexes.get(pattern);
    };
    const address = (text) => text.split('.').reduce((bits, part) => bits * 256 + Number(part), 0);
    const inBlock = (ip, block) => {
      const [start, bits] = block.split('/');
      const size = 2 ** (32 - Number(bits));
      return Math.floor(address(ip) / size) === Math.floor(address(start) / size);
    };
    const meets = {
      ip: (found, values) => values.some((value) => inBlock(found, value)),
      agent: (found, values) => values.some((value) => found.startsWith(value.slice(0, -1))),
      mfa: (found, values) => values.includes(found),
      vpc: (found, values) => values.includes(found),
    };
    const conditions = new Map();
    const condition = (text) => {
      if (!conditions.has(text)) conditions.set(text, JSON.parse(text));
      return conditions.get(text);
    };
    enforcer.addFunction('like', (text, pattern) => regex(pattern).test(text));
    enforcer.addFunction('holds', (context, text) =>
      condition(text).every(([kind, values]) => meets[kind](context[kind], values)));
    await enforcer.addPolicies(policies);
    const answer = ({ act, obj, ctx }) => {
      const [allowed, line] = enforcer.enforceExSync(act, obj, ctx);
      const denied = line.length > 0 ? 'explicit-deny' : 'implicit-deny';
      return { decision: allowed ? 'allow' : denied, some: line.length > 0 ? [Number(line[0])] : [] };
    };
    return { requests, decide: ({ act, obj, ctx }) => enforcer.enforceSync(act, obj, ctx), answer };
  },
};

// WebAssembly and JavaScript are compiled anew while they run, by other threads whose time would count.
const warmUpSeconds = 1;

// Passes over all requests until they took `seconds` of processor time, after a warm-up; nanoseconds a request.
async function time(requests, once, seconds) {
  let sink = 0;
  const passes = async (enough) => {
    const begin = process.hrtime.bigint();
    const cpu = process.cpuUsage();
    let used;
    let count = 0;
    do {
      for (const request of requests) {
        const out = once(request);
        sink += typeof out.then === 'function' ? (await out).length : out.toString().length;
      }
      count += requests.length;
      used = process.cpuUsage(cpu);
    } while (used.user + used.system < enough * 1e6);
    return {
      wall_ns: Number(process.hrtime.bigint() - begin) / count,
      cpu_ns: ((used.user + used.system) * 1000) / count,
    };
  };
  await passes(Math.max(2 * seconds, warmUpSeconds));
  const result = await passes(seconds);
  if (sink === 0) throw new Error('nothing was answered');
  return result;
}

const [engine, mode, path, seconds] = process.argv.slice(2);
const { requests, decide, answer } = await engines[engine](JSON.parse(readFileSync(path, 'utf8')));
if (mode === 'answers') {
  const answers = [];
  for (const request of requests) answers.push(await answer(request));
  console.log(JSON.stringify(answers));
} else {
  const texts = requests.map((request) => JSON.stringify(request));
  const isAsync = engine === 'iam-simulate';
  const fromJson = isAsync
    ? async (text) => JSON.stringify(await answer(JSON.parse(text)))
    : (text) => JSON.stringify(answer(JSON.parse(text)));
  const parsed = await time(requests, decide, Number(seconds));
  const json = await time(texts, fromJson, Number(seconds));
  console.log(JSON.stringify({ parsed, json }));
}
