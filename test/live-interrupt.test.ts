import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandsIn, processesWith, type Started, send } from './command-line.ts'
import { replaysIn } from './live-replay.ts'
import { madeUpProfile } from './profiles.ts'
import { changed, DECLARED, TINY } from './scenarios.ts'
import { expectRefusal, filesIn, put, temporaryFolder } from './spillway.ts'
import { needVulkan } from './vulkan.ts'

/** On Ctrl-C a command ends at once with a message, and leaves no result and no process behind. */

const folder = temporaryFolder()
const { start } = commandsIn(folder)
/** of replays in this process, whose executors stay open */
const replayFolder = temporaryFolder()
const replayed = replaysIn(replayFolder)

/** Time for its child processes to end, ms, on a busy machine. */
const LEFT_MS = 60_000
/** Time for a command to start its work, ms. */
const INTO_WORK_MS = 500

/** Three replays take longer than a test may: a command that waits for its work is seen to hang. */
const endless = changed(TINY, ['duration_s: 3', 'duration_s: 300'])
/** Requests of the first 4 s are replayed before the first replay: these end after 1 s. */
const long = changed(endless, [
  'rate_rps: 150',
  'schedule: [{ at_s: 0, rate_rps: 150 }, { at_s: 1, rate_rps: 0 }, { at_s: 4, rate_rps: 150 }]',
])
/** Its executor is in the middle of a batch whenever one looks; its queue is soon served. */
const heavy = changed(
  endless,
  ['layers: 2, width: 64', 'layers: 12, width: 1024'],
  ['rate_rps: 150', 'rate_rps: 2000'],
  ['model: mlp', 'model: mlp\n    queue: { max_length: 8 }'],
)
const onWebgpu = changed(long, ['model: mlp', 'model: mlp\n    execution_provider: webgpu'])
put(folder, 'long.yaml', long)
put(folder, 'steady.yaml', endless)
put(folder, 'webgpu.yaml', onWebgpu)
put(folder, 'heavy.yaml', heavy)
put(folder, 'heavy.json', JSON.stringify(madeUpProfile(heavy)))
put(folder, 'large.yaml', changed(DECLARED, ['duration_s: 40', 'duration_s: 4000000']))
put(folder, 'long.json', JSON.stringify(madeUpProfile(long)))
put(folder, 'webgpu.json', JSON.stringify(madeUpProfile(onWebgpu)))

/** Processes of a command, including itself: all have its cache in their environment. */
const processes = () => processesWith(`SPILLWAY_CACHE=${join(folder, 'cache')}`)

const running = (entry: string) => processes().filter(({ command }) => command.includes(entry))

/** Child processes end with the command, or right after it. */
async function expectNoneLeft() {
  await expect.poll(processes, { timeout: LEFT_MS }).toEqual([])
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function expectInterrupted(
  started: Started,
  out: string,
  signal: () => void,
  kept: readonly string[] = [],
) {
  signal()
  const ended = await started.ended
  expectRefusal(ended, 130, folder)
  expect(ended.stderr).toMatch(/^stopped: interrupted$/m)
  const left = existsSync(join(folder, out)) ? filesIn(join(folder, out)) : []
  expect(left).toEqual(kept)
  await expectNoneLeft()
}

/** To every process of the group, as from a terminal; or to the first, as from a supervisor. */
const toGroup = ({ child }: Started) => process.kill(-child.pid!, 'SIGINT')
const toLeader = ({ child }: Started, signal: 'SIGINT' | 'SIGTERM' = 'SIGINT') =>
  process.kill(child.pid!, signal)

test.skipIf(!existsSync('/proc/self/stat')).each([
  ['calibrate', /single batches …/, ['long.yaml', '--seconds', '20']],
  ['replay', /replay 1 of 3 …/, ['long.yaml', '--profile', 'long.json']],
  ['simulate', /simulating …/, ['large.yaml']],
  ['simulate', /simulating …/, ['large.yaml', '--workers', '1', '--replications', '1']],
  ['run', /opening models …/, ['long.yaml', '--profile', 'long.json', '--replications', '10']],
])('Ctrl-C ends %s in the middle (%s)', async (command, inTheMiddle, args) => {
  const started = start([command, ...args, '--out', 'out'])
  await started.prints(inTheMiddle)
  // opening models is short; all other phases last many seconds
  if (!inTheMiddle.source.startsWith('opening')) await wait(INTO_WORK_MS)
  await expectInterrupted(started, 'out', () => toGroup(started))
})

test('Ctrl-C in a rehearsal keeps the models that are measured', async () => {
  const args = ['calibrate', 'steady.yaml', '--seconds', '30', '--rehearsals', '1']
  const started = start([...args, '--out', 'kept'])
  await started.prints(/rehearsal 1 of 1 …/)
  await expectInterrupted(started, 'kept', () => toGroup(started), ['profile.json'])
  const { stderr } = await started.ended
  expect(stderr).toContain('the measured models are kept, without rehearsals: kept/profile.json')
  const simulated = await start(
    ['simulate', 'steady.yaml', '--profile', 'kept/profile.json'].concat(
      ...['--replications', '1', '--set', 'duration_s=3'],
    ),
  ).ended
  expect(simulated.code, simulated.stderr).toBe(0)
})

test('Ctrl-C on a later occasion keeps the models as earlier ones measured them', async () => {
  const args = ['calibrate', 'steady.yaml', '--seconds', '10', '--occasions', '2']
  const started = start([...args, '--rehearsals', '0', '--out', 'part'])
  await started.prints(/occasion 2 of 2, /)
  await expectInterrupted(started, 'part', () => toGroup(started), ['profile.json'])
  const { stderr } = await started.ended
  expect(stderr).toContain(
    'the models are kept as one occasion measured them, without rehearsals: part/profile.json',
  )
  const simulated = await start(
    ['simulate', 'steady.yaml', '--profile', 'part/profile.json'].concat(
      ...['--replications', '1', '--set', 'duration_s=3'],
    ),
  ).ended
  expect(simulated.code, simulated.stderr).toBe(0)
})

test('a finished calibration outlives the run, which can resume with it', async () => {
  const quick = ['--seconds', '1', '--rehearsals', '0', '--replications', '10']
  const args = ['run', 'long.yaml', ...quick, '--out', 'measured']
  const started = start(args)
  await started.prints(/replay 1 of 3 …/)
  await expectInterrupted(started, 'measured', () => toGroup(started), ['calibrated.json'])
  const { stderr } = await started.ended
  const [, option, path] = /resume with (\S+) (\S+)/.exec(stderr)!
  const simulated = await start(['simulate', 'long.yaml', option!, path!, '--replications', '2'])
    .ended
  expect(simulated.code, simulated.stderr).toBe(0)
})

test('Ctrl-C ends the building of a model', async () => {
  const started = start([
    'models',
    'build',
    'transformer-encoder',
    '--layers',
    '90',
    '--out',
    'out',
  ])
  await expect.poll(() => running('build-process'), { timeout: LEFT_MS }).toHaveLength(1)
  await expectInterrupted(started, 'out', () => toGroup(started))
})

test('a running batch is not waited for', async () => {
  const args = ['heavy.yaml', '--profile', 'heavy.json']
  const started = start(['replay', ...args, '--out', 'out'])
  await started.prints(/replay 1 of 3 …/)
  await wait(4 * INTO_WORK_MS)
  await expectInterrupted(started, 'out', () => toGroup(started))
})

test.skipIf(!existsSync('/proc/self/stat')).each([
  ['simulate', 'simulation-process', ['large.yaml', '--workers', '1', '--replications', '1']],
  ['replay', 'fleet-process', ['heavy.yaml', '--profile', 'heavy.json']],
])(
  '%s leaves nothing behind when it is killed, even in the middle of work',
  async (command, entry, args) => {
    const started = start([command, ...args])
    await started.prints(/(simulating|replay 1 of 3) …/)
    await wait(INTO_WORK_MS)
    expect(running(entry)).toHaveLength(1)
    started.child.kill('SIGKILL')
    await started.ended
    await expectNoneLeft()
  },
)

test('SIGTERM is handled in the same way', async () => {
  const started = start(['replay', 'long.yaml', '--profile', 'long.json', '--out', 'out'])
  await started.prints(/replay 1 of 3 …/)
  await expectInterrupted(started, 'out', () => toLeader(started, 'SIGTERM'))
})

test.for([
  ['the whole group', toGroup],
  ['the first process alone', toLeader],
] as const)(
  'Ctrl-C to %s ends a replay on webgpu with its executors',
  async ([, send], context) => {
    needVulkan(context)
    const started = start(['replay', 'webgpu.yaml', '--profile', 'webgpu.json', '--out', 'out'])
    await started.prints(/replay 1 of 3 …/)
    await wait(INTO_WORK_MS)
    expect(running('engine-process')).toHaveLength(1)
    await expectInterrupted(started, 'out', () => send(started))
  },
)

test('an executor that is killed fails its batch and restarts; the replay reports it', async (context) => {
  needVulkan(context)
  // more than it can serve
  const busy = changed(
    TINY,
    ['duration_s: 3', 'duration_s: 8'],
    ['warmup_s: 0.5', 'warmup_s: 0'],
    ['rate_rps: 150', 'rate_rps: 3000'],
    ['model: mlp', 'model: mlp\n    execution_provider: webgpu'],
    [/execution_provider: webgpu/, 'execution_provider: webgpu\n    queue: { max_length: 64 }'],
  )
  const engines = () =>
    processesWith(`SPILLWAY_CACHE=${join(replayFolder, 'cache')}`)
      .filter(({ command }) => command.includes('engine-process'))
      .map(({ pid }) => pid)
  let stopped: number[] = []
  let [arrived, killed] = [0, false]
  const onProgress = (phase: string, done: number) => {
    if (phase !== 'replay 1 of 1' || killed) return
    if (stopped.length === 0) {
      stopped = engines()
      arrived = done
      for (const pid of stopped) send(pid, 'SIGSTOP')
    } else if (done > arrived + 100) {
      // it had a batch when it was stopped, or has one since
      for (const pid of stopped) send(pid, 'SIGKILL')
      killed = true
    }
  }
  const { result } = await replayed('died', busy, { onProgress })
  expect(stopped).toHaveLength(1)
  expect(result.valid).toBe(false)
  expect(result.warnings.join()).toMatch(
    /replay 1 does not count: the process of an executor ended and was started again \(1 time, [1-4] requests? failed\)/,
  )
  const { arrived: allArrived, served, failed, ...others } = result.classes[0]!.counts
  expect(failed).toBeGreaterThan(0)
  expect(served).toBeGreaterThan(0)
  const rest = Object.values(others).reduce((sum, count) => sum + count, 0)
  expect(served + failed + rest).toBe(allArrived)
  expect(engines()).toHaveLength(1)
  expect(engines()).not.toEqual(stopped)
})

test.skipIf(!existsSync('/proc/self/stat'))(
  'if the process of all executors is killed, the replay ends with an error, not silently',
  async () => {
    const started = start(['replay', 'long.yaml', '--profile', 'long.json', '--out', 'killed'])
    await started.prints(/replay 1 of 3 …/)
    await wait(INTO_WORK_MS)
    const [fleet] = running('fleet-process')
    process.kill(fleet!.pid, 'SIGKILL')
    const ended = await started.ended
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toContain('the process of executors ended early (SIGKILL)')
    expect(ended.stderr).not.toMatch(/\n\s+at /)
    expect(filesIn(join(folder, 'killed'))).toEqual([])
    await expectNoneLeft()
  },
)
