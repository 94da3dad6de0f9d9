/** What a column of a table may have, as `--columns` names it. */
export const TABLE_COLUMNS = [
  ...(['time', 'end', 'latency', 'first_token'] as const),
  ...(['input_tokens', 'output_tokens', 'kind', 'status'] as const),
] as const
