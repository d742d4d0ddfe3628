/**
 * What a plain YAML scalar means, in the two dialects a card uses: the card itself as PyYAML's safe
 * loader reads it (YAML 1.1, trade-semantics §1.1), the `sweep:` section in the YAML 1.2 core schema.
 * The `yaml` package differs from PyYAML (`1e5` is a number there), so scalars are read as text and
 * resolved here.
 */
export type Dialect = 'pyyaml' | 'core';
export type ScalarValue = null | boolean | number | string;

const NULL = /^(?:~|null|Null|NULL|)$/;
const INFINITE = /^[-+]?\.(?:inf|Inf|INF)$/;
const NOT_A_NUMBER = /^\.(?:nan|NaN|NAN)$/;

const PY_TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const PY_FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const PY_BINARY = /^[-+]?0b[01_]+$/;
const PY_HEX = /^[-+]?0x[0-9a-fA-F_]+$/;
const PY_OCTAL = /^[-+]?0[0-7_]+$/;
const PY_INTEGER = /^[-+]?(?:0|[1-9][0-9_]*)$/;
const PY_SEXAGESIMAL = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
/** A dot is needed, and an exponent needs its sign: `1e5` and `1.0e5` stay text. */
const PY_FLOAT = /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?$/;

const CORE_TRUE = /^(?:true|True|TRUE)$/;
const CORE_FALSE = /^(?:false|False|FALSE)$/;
const CORE_OCTAL = /^0o[0-7]+$/;
const CORE_HEX = /^0x[0-9a-fA-F]+$/;
const CORE_NUMBER = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

/** The value of a plain (unquoted) scalar. Dates stay text in both dialects: no card field is a date. */
export function resolveScalar(text: string, dialect: Dialect): ScalarValue {
  if (NULL.test(text)) return null;
  if (INFINITE.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (NOT_A_NUMBER.test(text)) return Number.NaN;
  return dialect === 'pyyaml' ? resolvePyYaml(text) : resolveCore(text);
}

// --- internal ---

function resolvePyYaml(text: string): ScalarValue {
  if (PY_TRUE.test(text)) return true;
  if (PY_FALSE.test(text)) return false;
  const digits = text.replaceAll('_', '').replace(/^[-+]/, '');
  const sign = text.startsWith('-') ? -1 : 1;
  const isRadix = PY_BINARY.test(text) || PY_HEX.test(text) || PY_OCTAL.test(text);
  if (isRadix) return radixNumber(text, digits, sign);
  if (PY_INTEGER.test(text) || PY_FLOAT.test(text)) return sign * Number(digits);
  const isSexagesimalInteger = !text.includes('.') && /^[-+]?[1-9]/.test(text);
  if (PY_SEXAGESIMAL.test(text) && (isSexagesimalInteger || text.includes('.'))) {
    return sign * digits.split(':').reduce((total, part) => total * 60 + Number(part), 0);
  }
  return text;
}

/** PyYAML fails on `0x_` and the like; there the text is kept, and the field's own check refuses it. */
function radixNumber(text: string, digits: string, sign: number): ScalarValue {
  const isOctal = PY_OCTAL.test(text);
  const value = Number(isOctal ? `0o${digits.slice(1) || '0'}` : digits);
  return Number.isNaN(value) ? text : sign * value;
}

function resolveCore(text: string): ScalarValue {
  if (CORE_TRUE.test(text)) return true;
  if (CORE_FALSE.test(text)) return false;
  if (CORE_NUMBER.test(text) || CORE_OCTAL.test(text) || CORE_HEX.test(text)) return Number(text);
  return text;
}
