# find_package(hscode): the targets hscode::hscode (shared) and hscode::hscode_static.
#
# Relative to this file, so that an installation may be moved as a whole.

get_filename_component(_hscode_libdir "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
# Up from the folder of the libraries to the one that has include/hscode.h: lib, lib64, lib/x86_64-linux-gnu.
set(_hscode_prefix "${_hscode_libdir}")
foreach(_hscode_step RANGE 4)
  if(EXISTS "${_hscode_prefix}/include/hscode.h")
    break()
  endif()
  get_filename_component(_hscode_prefix "${_hscode_prefix}" DIRECTORY)
endforeach()

find_path(hscode_INCLUDE_DIR NAMES hscode.h PATHS "${_hscode_prefix}/include" NO_DEFAULT_PATH)
find_library(hscode_SHARED NAMES libhscode.so libhscode.dylib hscode.dll.lib
  PATHS "${_hscode_libdir}" "${_hscode_prefix}/lib" "${_hscode_prefix}/lib64" NO_DEFAULT_PATH)
find_library(hscode_STATIC NAMES libhscode.a hscode.lib
  PATHS "${_hscode_libdir}" "${_hscode_prefix}/lib" "${_hscode_prefix}/lib64" NO_DEFAULT_PATH)
mark_as_advanced(hscode_INCLUDE_DIR hscode_SHARED hscode_STATIC)

if(NOT hscode_INCLUDE_DIR OR NOT (hscode_SHARED OR hscode_STATIC))
  set(hscode_FOUND FALSE)
  set(hscode_NOT_FOUND_MESSAGE "hscode.h or the library is not where this installation should have it: ${_hscode_prefix}")
  return()
endif()

if(hscode_SHARED AND NOT TARGET hscode::hscode)
  add_library(hscode::hscode UNKNOWN IMPORTED)
  set_target_properties(hscode::hscode PROPERTIES
    IMPORTED_LOCATION "${hscode_SHARED}"
    INTERFACE_INCLUDE_DIRECTORIES "${hscode_INCLUDE_DIR}")
endif()

if(hscode_STATIC AND NOT TARGET hscode::hscode_static)
  add_library(hscode::hscode_static STATIC IMPORTED)
  set_target_properties(hscode::hscode_static PROPERTIES
    IMPORTED_LOCATION "${hscode_STATIC}"
    INTERFACE_INCLUDE_DIRECTORIES "${hscode_INCLUDE_DIR}")
  if(UNIX AND NOT APPLE)
    set_property(TARGET hscode::hscode_static PROPERTY
      INTERFACE_LINK_LIBRARIES gcc_s util rt pthread m dl)
  endif()
endif()

unset(_hscode_step)
unset(_hscode_prefix)
unset(_hscode_libdir)
