import { type Command, InvalidArgumentError, Option } from 'commander'
import { GATE_LOAD, GATE_MINUTES, MARGIN, MOST_GATE_LOAD, REPLICATIONS } from '../jobs/defaults.ts'
import {
  each,
  existing,
  implement,
  keptFolder,
  override,
  positiveNumber,
  profileOption,
  wholeNumber,
  withScenarioOptions,
  workersOption,
} from './command.ts'

const HELP = `
Did it get worse? What is given by --baseline, --against, --against-set or --against-ref is the base, the scenario the head.

Prediction gate: both are simulated, with the same requests. Simulations are deterministic, so every difference is exact, and
is one of the scenario, the profile or the engine. FAIL: a metric is worse by more than --margin, or an objective fails
that did not. --update writes the baseline. Its scenario is simulated again, and must give its figures: a file can be edited.
--against-ref checks the other version out into a temporary git worktree, prepares it with --prepare, and simulates with
--run, which gets the arguments of \`spillway simulate\`. Without --run it is simulated by the Spillway that --prepare has
installed there, and without --prepare by this version: then nothing of the other version is executed.

Uncertain inputs of a prediction gate are drawn; those that both sides state alike get the same draws. A change counts where the
stated values and the middle 95 % of the draws show it; else it is UNDECIDED. A measured gate draws none.

Measured gate (--measured): base and head are replayed here in alternating blocks with the same requests, at a rate that keeps the
base busy for --load of the time. Service times, overheads and wake-up cost are compared in each block, and carried through
the simulator to p50, p95 and p99. Service is the processor time of the executor's thread where each executor has one
intra-op thread on cpu, so other programs may run beside; slices in which they hold up the dispatcher are left out. An exact
test looks after 10, 15 and 20 blocks, and a change is confirmed on 10 fresh ones. After --max-minutes the gate ends with
what it has. While it goes on, gate.json in --out has what there is so far, with "interim": true. With --against-ref the scenario and models of the other version are replayed by this version of Spillway.

Fidelity gate (--fidelity DIR): simulations of the replays in DIR against these replays, as \`spillway compare\` judges them.

--out writes gate.json, report.html, gate.xml (JUnit) and gate.md (step summary, comment of a pull request). In GitHub Actions
the summary is also appended to $GITHUB_STEP_SUMMARY, and annotations are printed on stderr. gate.xml and gate.md are also
written where the gate ends without a verdict; files of an earlier gate are removed. One gate at a time writes to a folder.

A scenario that the other version lacks is NEW, and one that the baseline lacks NOT COMPARABLE. Both have their figures, and
are FAIL where they are overloaded or fail an objective of their own.

Exit code 0 for PASS, IMPROVED and NEW, 4 for FAIL, 5 for UNDECIDED, 6 for NOT COMPARABLE.

Examples:
  $ spillway gate payment-peak --baseline gate.json --update
  $ spillway gate payment-peak --baseline gate.json --out gate
  $ spillway gate peak.yaml --against-ref origin/main --prepare 'npm ci'
  $ spillway gate first --against-set pools.central.batching.max_delay_ms=2 --measured
  $ spillway gate --fidelity runs/payment-peak`

export function define(command: Command): void {
  withScenarioOptions(
    command.argument(
      '[scenarios...]',
      'scenario files (YAML), or names of shipped ones: the head',
      each(existing),
    ),
    'gate.json, report.html, gate.xml and gate.md',
  )
    .option('--margin <share>', 'relative change that is no regression', marginOf, MARGIN)
    .addOption(baseOption('--baseline <file>', 'the base: a file that --update has written'))
    .option('--update', 'write the scenarios into --baseline in place of a gate')
    .addOption(baseOption('--against <scenario>', 'the base: another scenario'))
    .addOption(
      new Option(
        '--against-set <path=value>',
        'the base: override a value of it; may be repeated',
      ).argParser(override),
    )
    .addOption(
      baseOption('--against-ref <ref>', 'the base: a commit, branch or tag of git, or A...B'),
    )
    .option('--prepare <command>', 'prepares the checkout of --against-ref, such as npm ci')
    .option('--run <command>', 'simulates in the checkout; default: the Spillway in it')
    .option('--measured', 'replay both on this machine')
    .option(
      '--load <share>',
      `share of the time that the base is busy in a measured gate, at most ${MOST_GATE_LOAD}`,
      loadOf,
      GATE_LOAD,
    )
    .addOption(
      new Option('--seconds <s>', 'calibration of each model before a measured gate; default: 10')
        .argParser(positiveNumber)
        .conflicts('profile'),
    )
    .option(
      '--max-minutes <m>',
      'a measured gate begins no round of blocks that would end later',
      positiveNumber,
      GATE_MINUTES,
    )
    .addOption(
      new Option('--fidelity <dir>', 'a folder of `spillway run` or `replay --out`')
        .argParser(keptFolder)
        .conflicts(['baseline', 'against', 'againstSet', 'againstRef', 'measured', 'update']),
    )
    .addOption(profileOption())
    .option(
      '--replications <n>',
      'simulations of each scenario; 40 at least in a fidelity gate',
      wholeNumber(1, 100_000),
      REPLICATIONS.interval,
    )
    .addOption(workersOption())
    .option('--csv <file>', 'add a row of the metrics of this commit, for change-point tools')
  implement(command, HELP, async () => (await import('../actions/gate.ts')).perform)
}

const BASES = ['baseline', 'against', 'againstRef'] as const

const baseOption = (flags: string, text: string) => {
  const option = new Option(flags, text)
  return option.conflicts(BASES.filter((name) => name !== option.attributeName()))
}

/** An option's value as a relative change. */
function marginOf(text: string): number {
  const value = /^\d+(\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : Number(text)
  if (value > 0 && value < 1) return value
  throw new InvalidArgumentError(
    `Expected a share between 0 and 1, or a percentage such as 5%, got ${text}.`,
  )
}

function loadOf(text: string): number {
  const value = positiveNumber(text)
  if (value <= MOST_GATE_LOAD) return value
  throw new InvalidArgumentError(
    `Expected at most ${MOST_GATE_LOAD}: beyond it queues decide the tail, got ${text}.`,
  )
}
