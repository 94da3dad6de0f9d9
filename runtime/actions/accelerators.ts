import { EXIT, type ExitCode, loadAccelerator, shippedAccelerators } from '../../scenarios/index.ts'
import { acceleratorsText, acceleratorText } from './accelerators-text.ts'
import { print } from './output.ts'

export async function perform(
  _signal: AbortSignal,
  name: string | undefined,
  options: { readonly json?: boolean },
): Promise<ExitCode> {
  if (name === undefined) {
    const accelerators = shippedAccelerators()
    print(options, { accelerators }, acceleratorsText(accelerators))
  } else {
    const accelerator = await loadAccelerator(name, '.')
    print(options, accelerator, acceleratorText(accelerator))
  }
  return EXIT.ok
}
