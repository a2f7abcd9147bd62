/** A JSON Schema, as any validator takes it. */
type JsonSchema = Readonly<Record<string, unknown>>

/**
 * The JSON Schema (draft 2020-12) of a platform profile, version 1; the same document as
 * `@batpak/profile-schema/platform-profile.v1.schema.json`.
 *
 * It says what a file must look like. What relates two fields stays with `parseProfile`: the
 * fingerprint, and the rules between evidence and admission. So does spelling: a schema cannot see
 * duplicate fields or `1.0` where `1` is meant.
 */
export const profileJsonSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://batpak.dev/schemas/platform-profile.v1.schema.json',
  title: 'batpak platform profile, version 1',
  description:
    'What a host must offer before a batpak store opens on it. Unknown fields are ignored.',
  type: 'object',
  additionalProperties: true,
  required: ['schema_version', 'host', 'store_path', 'admission', 'fingerprint_crc32'],
  properties: {
    schema_version: { description: 'Version of this format.', type: 'integer', const: 1 },
    host: struct('What is known about the process and its clocks.', {
      monotonic_clock: {
        description: 'Which clock orders moments inside the process.',
        enum: ['ProcessLocalInstantAnchor', 'Unknown', 'ProbeFailed'],
      },
    }),
    store_path: struct('What is known about the directory that holds a store.', {
      path_status: pathStatus(),
      parent_dir_sync: {
        description: 'How a rename becomes durable.',
        enum: ['UnixFsync', 'RenameOnly', 'Unknown', 'ProbeFailed'],
      },
      lock_leaf_symlink_protection: {
        description: "How a symlink at the lock file's name is refused.",
        enum: [
          'AtomicNoFollow',
          'BestEffortCheckThenOpen',
          'Unknown',
          'ObservedUnsupported',
          'ProbeFailed',
        ],
      },
      mmap_index: mmapEvidence('Whether the index file can be mapped.'),
      sealed_segment_mmap: mmapEvidence('Whether sealed segments can be mapped.'),
      active_segment_read: {
        description: 'How the segment that is still growing is read.',
        enum: ['UnixReadAt', 'LockedSeekRead', 'Unknown', 'ProbeFailed'],
      },
    }),
    admission: struct('Which guarantees a store may build on the evidence above.', {
      store_lock: {
        description: 'Follows from store_path.lock_leaf_symlink_protection.',
        enum: ['AtomicNoFollow', 'BestEffortCheckThenOpen', 'Rejected'],
      },
      parent_dir_sync: {
        description: 'Follows from store_path.parent_dir_sync.',
        enum: ['UnixFsync', 'RenameOnly', 'Rejected'],
      },
      mmap_index: mmapAdmission('Follows from store_path.mmap_index.'),
      sealed_segment_mmap: mmapAdmission('Follows from store_path.sealed_segment_mmap.'),
    }),
    fingerprint_crc32: {
      description:
        'CRC-32 (as zlib) of the compact JSON of the four members before it, in canonical order.',
      type: 'integer',
      minimum: 0,
      maximum: 4294967295,
    },
  },
}

function struct(description: string, properties: JsonSchema): JsonSchema {
  return {
    description,
    type: 'object',
    additionalProperties: true,
    required: Object.keys(properties),
    properties,
  }
}

function pathStatus(): JsonSchema {
  return {
    description: 'What was found at the path of the store.',
    anyOf: [
      { enum: ['ObservedDirectory', 'UnknownMissing', 'ObservedUnsupportedNotDirectory'] },
      {
        type: 'object',
        additionalProperties: false,
        required: ['ProbeFailed'],
        properties: {
          ProbeFailed: struct('The path could not be examined.', {
            reason: { description: "The system's error text.", type: 'string' },
          }),
        },
      },
    ],
  }
}

function mmapEvidence(description: string): JsonSchema {
  return { description, enum: ['FileBacked', 'Unknown', 'ObservedUnsupported', 'ProbeFailed'] }
}

function mmapAdmission(description: string): JsonSchema {
  return { description, enum: ['FileBacked', 'Rejected'] }
}
