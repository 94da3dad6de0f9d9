import { Option } from 'commander'

export const plotOption = () =>
  new Option('--plot', 'also draw the tail and the time line in the terminal')
