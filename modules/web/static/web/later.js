// Owns the pieces of script that come only when a page needs them, each named once: pages bring them in, going offline fetches them
// beforehand (offline/offline.js).

export const later = {
  conditions: () => import('./conditions.js'),
  rich: () => import('./rich.js'),
  when: () => import('./when.js'),
  choices: () => Promise.all([
    import('tom-select/base'), import('tom-select/plugins/remove_button/plugin.js'), import('tom-select/plugins/clear_button/plugin.js'),
  ]),
  sorting: () => import('sortablejs/modular/sortable.core.esm.js'),
};

// What forms of records are made of.
export const ofForms = ['rich', 'when', 'choices', 'sorting'];
