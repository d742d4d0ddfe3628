import { param, type IndicatorDefinition, type IndicatorOutputs } from './definition.ts';

/**
 * The reference calls every type but eight with all parameters of the card, and there `offset: k`
 * moves the whole result k bars later. Negative offsets would look ahead and are refused.
 */
export function withOffset(definition: IndicatorDefinition): IndicatorDefinition {
  return {
    ...definition,
    params: {
      ...definition.params,
      offset: { kind: 'integer', default: 0, min: 0, ignoresOthers: true },
    },
    seedBars: (params) => definition.seedBars(params) + param(params, 'offset'),
    firstIndex: (params) => {
      const offset = param(params, 'offset');
      const entries = Object.entries(definition.firstIndex(params));
      return Object.fromEntries(entries.map(([name, row]) => [name, row + offset]));
    },
    compute: (inputs, params, variant) => {
      const outputs = definition.compute(inputs, params, variant);
      const offset = param(params, 'offset');
      return offset === 0 ? outputs : shifted(outputs, offset);
    },
  };
}

/** Moves a column `offset` rows later, in place. */
export function shiftColumn(column: Float64Array, offset: number): void {
  const blank = Math.min(offset, column.length);
  column.copyWithin(blank, 0);
  column.fill(Number.NaN, 0, blank);
}

function shifted(outputs: IndicatorOutputs, offset: number): IndicatorOutputs {
  for (const column of Object.values(outputs)) shiftColumn(column, offset);
  return outputs;
}
