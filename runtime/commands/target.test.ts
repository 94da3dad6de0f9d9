import { Command } from 'commander'
import { expect, test } from 'vitest'
import { targetOverride, withTargetOptions } from './target.ts'

const parsed = (...args: string[]) => {
  const command = withTargetOptions(
    new Command().exitOverride().configureOutput({ writeErr: () => {} }),
  )
  command.option('--set <path=value>', '', (text, all: string[] = []) => [...all, text])
  return command.parse(args, { from: 'user' }).opts().set
}

test('targets are overrides, in their order among those of --set', () => {
  expect(
    parsed('--set', 'a=1', '--target', 'central=http://127.0.0.1:8000/v', '--set', 'b=2'),
  ).toEqual(['a=1', 'pools.central.target.url=http://127.0.0.1:8000/v', 'b=2'])
})

test.each(['central', '=http://127.0.0.1', 'central=', 'central=here', 'a.b=http://x'])(
  '%s is refused',
  (text) => {
    expect(() => targetOverride(text)).toThrow('Expected POOL=URL, such as')
    expect(() => parsed('--target', text)).toThrow()
  },
)
