import type { Command } from 'commander'

interface CommandModule {
  define(command: Command): void
}

/** Every command with its purpose. */
export const purposes = {
  scenarios: 'List the scenarios that ship, and print one to save and change',
  run: 'Calibrate, simulate, replay, compare and report: the main job',
  simulate: 'Simulate a scenario: latency, goodput and utilisation, each with its interval',
  plan: 'Find the cheapest configuration that holds the objectives, and how sure that is',
  calibrate: "Measure a scenario's models on this machine and write a profile",
  replay: 'Replay a scenario on ONNX Runtime in real time and measure it',
  serve: 'Serve the models of a scenario to clients, under its queues, batching and admission',
  compare: 'Compare replays with simulations: structure error, prediction, noise floor',
  worker: 'Simulate what a sweep on another machine asks for, through a queue',
  sweep: 'Simulate a grid or list of configurations: which of them hold the objectives',
  merge: 'Join the shards of a sweep',
  query: 'Run SQL over the results of a sweep',
  gate: 'Did it get worse? Gate a change by prediction, measurement or fidelity, for CI',
  audit: 'Check every scheduling rule of a scenario on the raw rows of its runs',
  blame: 'Show which requests waited for which others, the bottleneck, and what would help',
  timeline: 'Write the timeline of a kept run, to open in Perfetto or chrome://tracing',
  report: 'Write the HTML report of a run folder, and each chart as SVG or PNG',
  requests: 'Export the requests of a scenario as JSON Lines',
  variants: 'Compare named variants of a scenario side by side, simulated and replayed',
  import: 'Import evidence of production or a load test: a scenario, and what each value rests on',
  trace: 'Describe a trace, or fit a traffic section to it',
  models: 'Inspect or quantise an ONNX model, or build the ONNX models of a scenario',
  accelerators: 'List the accelerators that ship, or show one with the source of every figure',
  fit: 'Fit the service times of a model on an accelerator to measured ones, with their error',
  schema: 'Print the JSON Schema of scenario files, accelerator files or documents',
  completion: 'Print a script that completes commands and options in bash, zsh or fish',
  init: 'Write a commented scenario to start from, and its schema for editors',
  doctor: 'Show this machine and which execution providers work on it',
} as const

export type CommandName = keyof typeof purposes

export const commandNames = Object.keys(purposes) as CommandName[]

/** A module is loaded only if its command is called: it may draw charts or open models. */
export const modules: Readonly<Record<CommandName, () => Promise<CommandModule>>> = {
  scenarios: () => import('./commands/scenarios.ts'),
  run: () => import('./commands/run.ts'),
  simulate: () => import('./commands/simulate.ts'),
  plan: () => import('./commands/plan.ts'),
  calibrate: () => import('./commands/calibrate.ts'),
  replay: () => import('./commands/replay.ts'),
  serve: () => import('./commands/serve.ts'),
  compare: () => import('./commands/compare.ts'),
  worker: () => import('./commands/worker.ts'),
  sweep: () => import('./commands/sweep.ts'),
  merge: () => import('./commands/merge.ts'),
  query: () => import('./commands/query.ts'),
  gate: () => import('./commands/gate.ts'),
  audit: () => import('./commands/audit.ts'),
  blame: () => import('./commands/blame.ts'),
  timeline: () => import('./commands/timeline.ts'),
  report: () => import('./commands/report.ts'),
  requests: () => import('./commands/requests.ts'),
  variants: () => import('./commands/variants.ts'),
  import: () => import('./commands/import.ts'),
  trace: () => import('./commands/trace.ts'),
  models: () => import('./commands/models.ts'),
  accelerators: () => import('./commands/accelerators.ts'),
  fit: () => import('./commands/fit.ts'),
  schema: () => import('./commands/schema.ts'),
  completion: () => import('./commands/completion.ts'),
  init: () => import('./commands/init.ts'),
  doctor: () => import('./commands/doctor.ts'),
}
