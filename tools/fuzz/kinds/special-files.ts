import { pick, words } from '../choose.ts'
import type { Kind } from '../input.ts'
import { DECLARED } from '../stock.ts'

/** Commands, and the file that is replaced by something else. */
const COMMANDS: readonly (readonly [file: string, command: string])[] = [
  ['x', 'simulate x'],
  ['x', 'requests x'],
  ['x', 'models build x --out out'],
  ['x', 'trace inspect x --format azure-llm'],
  ['x', 'trace fit x --format csv --columns time=t --time-unit s'],
  ['x', 'trace inspect x'],
  ['x', 'simulate tiny.yaml --profile x'],
  ['x', 'simulate declared.yaml --requests x'],
  ['base.yaml', 'simulate extends.yaml'],
  ['own.onnx', 'calibrate own.yaml --seconds 0.05 --out out'],
  ['kept/measured.json', 'report kept'],
  ['kept/scenario.json', 'audit kept'],
  ['kept/requests.jsonl', 'audit kept'],
  ['kept/replay-1.parquet', 'audit kept'],
  ['kept/replay-1.journal.jsonl', 'audit kept'],
  ['kept/profile.json', 'compare kept'],
  ['out', 'simulate declared.yaml --replications 1 --out out'],
  ['out', 'report kept --out out'],
]

const TARGETS = [
  ...words('/dev/zero /dev/null /dev/full /dev/tty /dev/urandom . /proc /proc/self/mem'),
  ...words('loop nothing /sys /proc/self/fd/0 /dev/stdin fifo'),
]

export const SPECIAL_FILES: Kind = {
  name: 'special file',
  weight: 1,
  make: (random) => {
    const [name, command] = pick(random, COMMANDS)
    const args = words(command)
    const target = pick(random, TARGETS)
    const files = { 'extends.yaml': `extends: base.yaml\n${DECLARED}` }
    if (target === 'fifo') return { args, files, fifos: [name] }
    // a link is relative to its own folder
    const [base, ...above] = name.split('/').reverse()
    const relative = target === 'loop' ? base! : `${'../'.repeat(above.length)}${target}`
    const links = { loop: 'loop', [name]: target.startsWith('/') ? target : relative }
    return { args, files, links }
  },
}
