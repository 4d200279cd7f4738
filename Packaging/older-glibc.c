// What a program that was linked against a newer C library needs to run with an older one: functions that were not
// in it, or were there under another name. Functions that are there in an older version are bound to that one by
// 'older-glibc.sh'. All of these are called through the linker's '--wrap'.

#define _GNU_SOURCE
#include <link.h>
#include <stddef.h>
#include <sys/stat.h>

#define OLD(name, version) __asm__(".symver old_" #name ", " #name "@" version)

// The first version of each architecture, and of the structure that stat(2) fills.
#if defined(__x86_64__)
#define FIRST "GLIBC_2.2.5"
#define FOURTH "GLIBC_2.4"
enum { stat_version = 1 };
#elif defined(__aarch64__)
#define FIRST "GLIBC_2.17"
#define FOURTH FIRST
enum { stat_version = 0 };
#endif

// Until 2.33 the functions of stat(2) were part of each program, and called these.
OLD(__xstat, FIRST);
OLD(__lxstat, FIRST);
OLD(__fxstat, FIRST);
OLD(__fxstatat, FOURTH);
int old___xstat(int version, const char *path, struct stat *status);
int old___lxstat(int version, const char *path, struct stat *status);
int old___fxstat(int version, int descriptor, struct stat *status);
int old___fxstatat(int version, int folder, const char *path, struct stat *status, int flags);

int __wrap_stat(const char *path, struct stat *status) { return old___xstat(stat_version, path, status); }
int __wrap_lstat(const char *path, struct stat *status) { return old___lxstat(stat_version, path, status); }
int __wrap_fstat(int descriptor, struct stat *status) { return old___fxstat(stat_version, descriptor, status); }
int __wrap_fstatat(int folder, const char *path, struct stat *status, int flags) {
  return old___fxstatat(stat_version, folder, path, status, flags);
}

// Until 2.34 a program ran its own initializers, by a function that it handed to the C library.
OLD(__libc_start_main, FIRST);
typedef void initializer(int, char **, char **);
int old___libc_start_main(
    int (*main)(int, char **, char **), int count, char **words, initializer *start, void (*end)(void),
    void (*loader_end)(void), void *stack);

extern initializer *__preinit_array_start[] __attribute__((weak, visibility("hidden")));
extern initializer *__preinit_array_end[] __attribute__((weak, visibility("hidden")));
extern initializer *__init_array_start[] __attribute__((weak, visibility("hidden")));
extern initializer *__init_array_end[] __attribute__((weak, visibility("hidden")));
extern void _init(void);

static void initialize(int count, char **words, char **environment) {
  _init();
  size_t initializers = __init_array_end - __init_array_start;
  for (size_t i = 0; i < initializers; i++) __init_array_start[i](count, words, environment);
}

int __wrap___libc_start_main(
    int (*main)(int, char **, char **), int count, char **words, initializer *start, void (*end)(void),
    void (*loader_end)(void), void *stack) {
  return old___libc_start_main(main, count, words, initialize, NULL, loader_end, stack);
}

// From 2.32 on: whether there is one thread alone, so that counting needs no atomic operations. Zero is always right.
char __wrap___libc_single_threaded = 0;

// From 2.35 on: the tables with which GCC's library unwinds the frames of an address. As in <dlfcn.h> there.
struct found_object {
  unsigned long long flags;
  void *start, *end;
  struct link_map *map;
  void *frames;
  unsigned long long reserved[7];
};
struct search {
  ElfW(Addr) address;
  struct found_object *result;
};

static int look(struct dl_phdr_info *object, size_t size, void *data) {
  struct search *search = data;
  int isInside = 0;
  void *frames = NULL;
  ElfW(Addr) first = ~(ElfW(Addr))0, last = 0;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[i];
    ElfW(Addr) start = object->dlpi_addr + part->p_vaddr, end = start + part->p_memsz;
    if (part->p_type == PT_GNU_EH_FRAME) frames = (void *)start;
    if (part->p_type != PT_LOAD) continue;
    if (start < first) first = start;
    if (end > last) last = end;
    if (search->address >= start && search->address < end) isInside = 1;
  }
  if (!isInside || !frames) return 0;
  *search->result = (struct found_object){.start = (void *)first, .end = (void *)last, .frames = frames};
  return 1;
}

int __wrap__dl_find_object(void *address, struct found_object *result) {
  struct search search = {(ElfW(Addr))address, result};
  return dl_iterate_phdr(look, &search) == 1 ? 0 : -1;
}

// From 2.38 on, other names of functions that also read binary numbers.
OLD(strtol, FIRST);
OLD(strtoul, FIRST);
OLD(strtoll, FIRST);
OLD(strtoull, FIRST);
long old_strtol(const char *, char **, int);
unsigned long old_strtoul(const char *, char **, int);
long long old_strtoll(const char *, char **, int);
unsigned long long old_strtoull(const char *, char **, int);
long __wrap___isoc23_strtol(const char *text, char **end, int base) { return old_strtol(text, end, base); }
unsigned long __wrap___isoc23_strtoul(const char *text, char **end, int base) { return old_strtoul(text, end, base); }
long long __wrap___isoc23_strtoll(const char *text, char **end, int base) { return old_strtoll(text, end, base); }
unsigned long long __wrap___isoc23_strtoull(const char *text, char **end, int base) {
  return old_strtoull(text, end, base);
}
